// Alone in a file, so that the plain device is a file of its own for the browser too.
export { reference } from "@ashlar/backend";
