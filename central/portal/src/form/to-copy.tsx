// 可复制文字: what is carried elsewhere as it stands, whole, with a button that copies it.
// Promises: where a page may not copy (it came over plain HTTP, or the browser forbids it), the text is selected and the person told what to press.
import { CopyOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useRef } from "react";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";

/** `what` tells several buttons of a page apart for who hears them. */
export function ToCopy({ what, text }: { what: Text; text: string }) {
  const say = useSay();
  const { message } = App.useApp();
  const shown = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      void message.success(say(w.copied));
    } catch {
      if (shown.current) window.getSelection()?.selectAllChildren(shown.current);
      void message.info(say(w.selected));
    }
  };
  return (
    <span className="to-copy">
      <code ref={shown} className="secret-shown digits">{text}</code>
      <Button size="small" icon={<CopyOutlined />} aria-label={`${say(w.copy)} ${say(what)}`} onClick={() => void copy()}>{say(w.copy)}</Button>
    </span>
  );
}
