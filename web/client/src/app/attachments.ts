/** Uploads of files into a wavelet, with progress. */
import { ApiError, apiUrl } from "./api";
import { DecodeError, type Decoder, number, object, string, withDefault } from "./decode";

/** A file that the server has stored. */
export interface UploadedImage {
  readonly id: string;
  readonly mimeType: string;
  readonly filename: string;
  /** In bytes. */
  readonly size: number;
  /** In px, for images. */
  readonly width: number | null;
  readonly height: number | null;
  readonly url: string;
  readonly thumbnailUrl: string | null;
}

const STALLED = 60_000; // ms without progress

interface Stored {
  readonly id: string;
  readonly mime_type: string;
  readonly filename: string;
  readonly size: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly url: string;
  readonly thumbnail_url: string | null;
}

const decodeStored: Decoder<Stored> = object<Pick<Stored, keyof Stored>>({
  id: string,
  mime_type: string,
  filename: string,
  size: number,
  width: withDefault<number | null>(number, null),
  height: withDefault<number | null>(number, null),
  url: string,
  thumbnail_url: withDefault<string | null>(string, null),
});
const decodeProblem = object({ code: string, message: string });

/**
 * Store a file for the participants of a wavelet (by its path). `progress` is told the part that is sent, 0 to 1.
 * Rejects with ApiError; with the signal's reason when it is aborted.
 */
export function uploadAttachment(
  wavelet: string,
  file: File,
  progress: (part: number) => void,
  signal?: AbortSignal,
): Promise<UploadedImage> {
  // fetch() tells nothing of an upload's progress; XMLHttpRequest does.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (code: string, message: string): void => reject(new ApiError(0, code, message));
    let stalled = setTimeout(() => request.abort(), STALLED);
    const alive = (): void => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED);
    };
    const abort = (): void => request.abort();
    request.upload.onprogress = (event) => {
      alive();
      if (event.lengthComputable && event.total > 0) progress(event.loaded / event.total);
    };
    request.onload = () => settle(request, resolve, reject);
    request.onerror = () => fail("offline", `uploading ${file.name} failed`);
    request.onabort = () =>
      signal?.aborted === true ? reject(signal.reason) : fail("timeout", `uploading ${file.name} stalled`);
    request.onloadend = () => {
      clearTimeout(stalled);
      signal?.removeEventListener("abort", abort);
    };
    request.open("POST", apiUrl("/attachments", { wavelet, filename: file.name }));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", file.type === "" ? "application/octet-stream" : file.type);
    if (signal?.aborted === true) reject(signal.reason);
    else {
      signal?.addEventListener("abort", abort);
      request.send(file);
    }
  });
}

function settle(
  request: XMLHttpRequest,
  resolve: (stored: UploadedImage) => void,
  reject: (error: Error) => void,
): void {
  try {
    const body: unknown = JSON.parse(request.responseText);
    if (request.status < 200 || request.status > 299) {
      const { code, message } = decodeProblem(body);
      reject(new ApiError(request.status, code, message));
      return;
    }
    const { mime_type, thumbnail_url, ...rest } = decodeStored(body);
    resolve({ ...rest, mimeType: mime_type, thumbnailUrl: thumbnail_url });
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof SyntaxError)) throw error;
    const code = request.status === 413 ? "too-large" : "invalid-response"; // a proxy may refuse before the server does
    reject(new ApiError(request.status, code, error.message));
  }
}
