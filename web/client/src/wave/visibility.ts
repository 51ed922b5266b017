/** Which elements can be seen, and which are about to be. Two observers serve all blips. */

/** Called when an element comes into sight or leaves it. */
type Seen = (visible: boolean) => void;

/** A change of how much of an element can be seen. Areas are heights, in px. */
export interface Sight {
  readonly ratio: number;
  readonly height: number;
  readonly viewport: number;
}

/** Whether so much of an element is on screen that it can be read: most of it, or half a screen of it. */
export function isReadable({ ratio, height, viewport }: Sight): boolean {
  return ratio >= 0.6 || height >= viewport / 2;
}

const seen = new WeakMap<Element, Seen>();
const near = new WeakMap<Element, Seen>();
let seeing: IntersectionObserver | null = null;
let nearing: IntersectionObserver | null = null;

/** Tell when the element can be read, and when no more. Returns what ends it. */
export function watchSeen(element: Element, callback: Seen): () => void {
  seeing ??= new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
        const viewport = rootBounds?.height ?? window.innerHeight;
        seen.get(target)?.(isReadable({ ratio: intersectionRatio, height: intersectionRect.height, viewport }));
      }
    },
    { threshold: [0, 0.1, 0.25, 0.4, 0.6, 0.8, 1] },
  );
  return watch(seeing, seen, element, callback);
}

/** Tell when the element is within a screen of what can be seen, and when no more. Returns what ends it. */
export function watchNear(element: Element, callback: Seen): () => void {
  nearing ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) near.get(target)?.(isIntersecting);
    },
    { rootMargin: "100% 0px" },
  );
  return watch(nearing, near, element, callback);
}

function watch(
  observer: IntersectionObserver,
  callbacks: WeakMap<Element, Seen>,
  element: Element,
  callback: Seen,
): () => void {
  callbacks.set(element, callback);
  observer.observe(element);
  return () => {
    observer.unobserve(element);
    callbacks.delete(element);
  };
}
