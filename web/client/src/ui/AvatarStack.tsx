import type { JSX } from "preact";
import { t } from "../i18n";
import { Avatar, type AvatarPerson } from "./Avatar";
import "./avatar.css";

export interface AvatarStackProps {
  readonly people: readonly AvatarPerson[];
  /** How many there are in all, when `people` are only the first of them. */
  readonly total?: number;
  /** How many avatars to show at most; the rest becomes a number. */
  readonly limit?: number;
  readonly size?: number;
  readonly isPresent?: (address: string) => boolean;
  /** True where the names stand beside it as text. */
  readonly decorative?: boolean;
}

/** People as overlapping avatars, in their order, and how many more there are. */
export function AvatarStack(props: AvatarStackProps): JSX.Element {
  const { people, total = people.length, limit = 4, size = 28 } = props;
  const shown = people.slice(0, total > limit ? Math.max(1, limit - 1) : limit);
  const more = total - shown.length;
  const decorative = props.decorative ?? false;
  return (
    <span class="gs-avatar-stack" {...(decorative ? { "aria-hidden": true } : {})}>
      {shown.map((person) => (
        <Avatar
          key={person.address}
          person={person}
          size={size}
          present={props.isPresent?.(person.address) ?? false}
          decorative={decorative}
        />
      ))}
      {more > 0 && (
        <span class="gs-avatar gs-avatar-more" style={{ width: `${size}px`, height: `${size}px` }}>
          <span aria-hidden="true">+{more}</span>
          <span class="gs-visually-hidden">{t("common.morePeople", { count: more })}</span>
        </span>
      )}
    </span>
  );
}
