import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./empty.css";

export interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** Where nothing else is the page's heading, the title is. */
  readonly heading?: boolean;
  readonly children?: ComponentChildren;
  /** The first thing to do here. */
  readonly action?: ComponentChildren;
}

/** What a place shows while there is nothing in it, and what to do about that. */
export function EmptyState({ icon, title, heading = false, children, action }: EmptyStateProps): JSX.Element {
  const Title = heading ? "h1" : "p";
  return (
    <div class="gs-empty">
      <span class="gs-empty-icon">
        <Icon name={icon} size={28} />
      </span>
      <Title class="gs-empty-title">{title}</Title>
      {children !== undefined && <div class="gs-empty-text">{children}</div>}
      {action}
    </div>
  );
}
