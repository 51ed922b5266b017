/** An open wave, as the application's wave column shows it. */
export { StatusLine } from "./StatusLine";
export { WavePane, type WavePaneProps } from "./WavePane";
