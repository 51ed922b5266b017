import type { JSX } from "preact";
import { Avatar, type AvatarPerson, type AvatarProps } from "../ui/Avatar";
import { people } from "./people";

/** A person by their address, as avatars show them. */
export function personOf(address: string): AvatarPerson {
  return { address, name: people.name(address), colour: people.colour(address), src: people.avatarUrl(address) };
}

/** The avatar of the person with an address. */
export function PersonAvatar(props: { readonly address: string } & Omit<AvatarProps, "person">): JSX.Element {
  const { address, ...rest } = props;
  return <Avatar person={personOf(address)} {...rest} />;
}
