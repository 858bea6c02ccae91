// A page over the browser's own protocol. Playwright makes its pages believe that they have the focus, and what has the focus can't be frozen.
import type { Browser } from "playwright-core";

/** A page that may be put to sleep. */
export interface PlainPage {
  /** Errors that nobody caught. */
  readonly errors: readonly string[];
  /** What an expression gives in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits until an expression is true. */
  until(expression: string, milliseconds: number): Promise<void>;
  /** Freezes the page, as a browser does with a tab that nobody looks at, or wakes it. */
  put(state: "frozen" | "active"): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: { readonly result?: { readonly value?: unknown } };
  readonly params?: { readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } } };
}

/** Opens an address in such a page. */
export async function plainPage(browser: Browser, url: string): Promise<PlainPage> {
  const session = await browser.newBrowserCDPSession();
  const { targetId } = await session.send("Target.createTarget", { url });
  const { sessionId } = await session.send("Target.attachToTarget", { targetId });
  const waiting = new Map<number, (message: Message) => void>();
  const errors: string[] = [];
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, params, ...rest }: Message = JSON.parse(message);
    if (id !== undefined) waiting.get(id)?.(rest);
    else if (params?.exceptionDetails) errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
  });
  let count = 0;
  const send = (method: string, params: object = {}): Promise<Message> =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, resolve);
      session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) }).catch(reject);
    });
  await send("Runtime.enable");
  const evaluate = async (expression: string) => (await send("Runtime.evaluate", { expression, returnByValue: true })).result?.result?.value;
  return {
    errors,
    evaluate,
    async until(expression, milliseconds) {
      const end = Date.now() + milliseconds;
      while (!(await evaluate(expression))) {
        if (Date.now() > end)
          throw new Error(`${expression} is not true after ${milliseconds} ms; the page says: ${await evaluate("document.body.innerText")}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async put(state) {
      await send("Page.setWebLifecycleState", { state });
    },
  };
}
