import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./empty.css";

export interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  /** The first thing to do here. */
  readonly action?: ComponentChildren;
}

/** What a place shows while there is nothing in it, and what to do about that. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps): JSX.Element {
  return (
    <div class="gs-empty">
      <span class="gs-empty-icon">
        <Icon name={icon} size={28} />
      </span>
      <p class="gs-empty-title">{title}</p>
      {children !== undefined && <div class="gs-empty-text">{children}</div>}
      {action}
    </div>
  );
}
