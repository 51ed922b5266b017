/** An open wave, as the application's wave column shows it. */
export { WavePane } from "./WavePane";
