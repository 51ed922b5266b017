import type { JSX } from "preact";
import { goBack, listRoute } from "../../app/router";
import { t } from "../../i18n";
import { IconButton } from "../../ui";
import { titleOf } from "../inbox/titles";

/** On a phone: from the wave to the list, as the browser's own back button does. */
export function BackButton(): JSX.Element {
  const list = listRoute.value;
  return (
    <div class="gs-back">
      <IconButton icon="arrow-left" label={t("inbox.backTo", { place: titleOf(list) })} onClick={() => goBack(list)} />
    </div>
  );
}
