// 状态: an adjective, an icon and a colour, never a colour alone.
import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, EditOutlined, LockOutlined, StopOutlined } from "@ant-design/icons";
import { useSay } from "../words/language.tsx";
import { plain } from "../words/words.ts";
import type { Manual } from "./description.ts";

const ICONS = { draft: EditOutlined, waiting: ClockCircleOutlined, good: CheckCircleOutlined, bad: CloseCircleOutlined, held: LockOutlined, over: StopOutlined };

export function StatusMark({ manual, status }: { manual: Manual; status: string }) {
  const say = useSay();
  const known = manual.statuses[status];
  const Icon = ICONS[known?.tone ?? "waiting"];
  return (
    <span className="status" data-tone={known?.tone ?? "waiting"}>
      <Icon aria-hidden /> {say(known?.label ?? plain(status))}
    </span>
  );
}
