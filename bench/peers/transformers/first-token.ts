// A process that opens GPT-2, reads a prompt and tells its first token.
import { AutoModelForCausalLM, Tensor } from "@huggingface/transformers";
import { ids } from "../../common/weights.ts";
import { gpt2 } from "../../models/gpt2.ts";
import { onlyLocal, opening } from "./library.ts";

onlyLocal();
const model = await AutoModelForCausalLM.from_pretrained("gpt2", opening("plain", Number(process.argv[2])));
const int64 = (values: readonly number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
const inputs = { input_ids: int64(ids(gpt2.prompt, gpt2.vocab)), attention_mask: int64(new Array<number>(gpt2.prompt).fill(1)) };
const given = (await model.generate({ ...inputs, max_new_tokens: 1, do_sample: false })) as Tensor;
console.log(`token ${given.data.at(-1)}`);
process.exit(0);
