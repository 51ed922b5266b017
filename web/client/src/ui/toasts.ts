/** Short messages about what just happened, with one thing that can be done about it. The queue; Toasts.tsx shows it. */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}
export interface ToastOptions {
  readonly action?: ToastAction;
  /** "error" stays until it is closed. */
  readonly kind?: "info" | "error";
}
export interface ToastMessage extends ToastOptions {
  readonly id: number;
  readonly message: string;
}

const LIMIT = 3; // older ones make way

const queue = signal<readonly ToastMessage[]>([]);
let count = 0;

/** What is shown now, oldest first. */
export const toasts: ReadonlySignal<readonly ToastMessage[]> = queue;

/** Show a message. Returns a function that takes it away again. */
export function toast(message: string, options: ToastOptions = {}): () => void {
  count += 1;
  const id = count;
  queue.value = [...queue.value, { ...options, id, message }].slice(-LIMIT);
  return () => dismissToast(id);
}

/** Take a message away. */
export function dismissToast(id: number): void {
  queue.value = queue.value.filter((entry) => entry.id !== id);
}
