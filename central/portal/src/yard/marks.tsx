// 标记: verdicts, states and outcomes as a word with its icon and colour, never a colour alone.
import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, EditOutlined, ExclamationCircleOutlined, StopOutlined } from "@ant-design/icons";
import { useSay } from "../words/language.tsx";
import { plain, type Text } from "../words/words.ts";
import { span } from "./gate.ts";

const ICONS = { draft: EditOutlined, waiting: ClockCircleOutlined, good: CheckCircleOutlined, bad: CloseCircleOutlined, held: ExclamationCircleOutlined, over: StopOutlined };

export function Mark({ of, code }: { of: Record<string, { label: Text; tone: keyof typeof ICONS }>; code: string }) {
  const say = useSay();
  const known = of[code] ?? { label: plain(code), tone: "waiting" as const };
  const Icon = ICONS[known.tone];
  return (
    <span className="status" data-tone={known.tone}>
      <Icon aria-hidden /> {say(known.label)}
    </span>
  );
}

/** A span of time, in words. */
export function useSpan() {
  const say = useSay();
  return (seconds: number) => {
    const [text, values] = span(seconds);
    return say(text, values);
  };
}
