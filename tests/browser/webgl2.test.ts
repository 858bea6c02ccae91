import { browserSuite } from "./suite.ts";

browserSuite("webgl2", []);
