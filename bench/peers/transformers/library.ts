import { env } from "@huggingface/transformers";
import { modelsFolder } from "../../models/folder.ts";

/** Lets transformers.js look for models in the cache only. */
export function onlyLocal(): void {
  env.allowRemoteModels = false;
  env.localModelPath = modelsFolder;
}

/** How it opens a graph of the cache: in float32 on the processor, which in Node means onnxruntime-node. */
export const opening = (graph: string, threads: number) =>
  ({
    dtype: "fp32",
    device: "cpu",
    local_files_only: true,
    subfolder: "",
    model_file_name: graph,
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  }) as const;
