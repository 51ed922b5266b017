import { useEffect, useState } from "preact/hooks";

/** How long nobody must have typed, in ms, before something may take the focus. */
const PAUSE = 800;

/**
 * Whether nobody has typed for a moment since this was first asked. What takes the focus in the middle of a sentence would
 * take the rest of the sentence as well.
 */
export function useQuiet(): boolean {
  const [quiet, setQuiet] = useState(false);
  useEffect(() => {
    if (quiet) return undefined;
    const wait = () => setTimeout(() => setQuiet(true), PAUSE);
    let timer = wait();
    const again = (): void => {
      clearTimeout(timer);
      timer = wait();
    };
    document.addEventListener("keydown", again, true);
    document.addEventListener("input", again, true); // input methods and screen keyboards
    return () => {
      clearTimeout(timer);
      document.removeEventListener("keydown", again, true);
      document.removeEventListener("input", again, true);
    };
  }, [quiet]);
  return quiet;
}
