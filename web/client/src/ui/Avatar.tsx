import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { initials } from "./initials";
import "./avatar.css";

/** A person as avatars show them. */
export interface AvatarPerson {
  readonly address: string;
  readonly name: string;
  /** 0 to 11: which of the tokens --gs-person-N. */
  readonly colour: number;
  readonly src: string | null;
}

export interface AvatarProps {
  readonly person: AvatarPerson;
  /** Edge length in px. */
  readonly size?: number;
  /** A ring in the person's colour: they are here now. */
  readonly present?: boolean;
  /** True where the name stands beside it as text: then it is decoration. */
  readonly decorative?: boolean;
}

/** A person's picture, or their initials on their colour while there is none. */
export function Avatar({ person, size = 32, present = false, decorative = false }: AvatarProps): JSX.Element {
  const [failed, setFailed] = useState<string | null>(null);
  const style = {
    width: `${size}px`,
    height: `${size}px`,
    fontSize: `${Math.round(size * 0.4)}px`,
    "--gs-person": `var(--gs-person-${person.colour})`,
  };
  const source = person.src !== failed ? person.src : null;
  const naming = decorative ? { "aria-hidden": true } : { role: "img" as const, "aria-label": person.name };
  return (
    <span
      class={`gs-avatar${present ? " gs-avatar-present" : ""}`}
      style={style}
      // Drawn by the stylesheet: they are a picture of the name, no text to be read or copied with what is around.
      data-initials={source === null ? initials(person.name) : undefined}
      {...naming}
    >
      {source !== null && (
        <img src={source} alt="" width={size} height={size} loading="lazy" onError={() => setFailed(source)} />
      )}
    </span>
  );
}
