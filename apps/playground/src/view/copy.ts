import { element } from "./element.ts";

/** Copies a text and says so on the button; where the browser doesn't allow it, shows the text to be copied by hand. */
export async function copyText(text: string, button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = before;
    }, 1500);
  } catch {
    const close = element("button", { type: "submit" }, "Close");
    const area = element("textarea", { readonly: true, rows: 20, "aria-label": "Results as text" }, text);
    const dialog = element("dialog", {}, element("form", { method: "dialog" }, element("p", {}, "Copy this:"), area, close));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    area.select();
  }
}
