// What the browser tests run inside a page: conformance cases, trainings and a continuation, decode steps, a lost device.
import { conform } from "./page/conform.ts";
import { decode } from "./page/decode.ts";
import { learn } from "./page/learn.ts";
import { lose, refuse } from "./page/lose.ts";

Object.assign(globalThis, { ashlar: { conform, learn, decode, lose, refuse }, ready: true });
