// 无账号: a key of the configuration has no account behind it; everything else that fails is told as it is.
import { Alert } from "antd";
import { Refusal } from "../api/problem.ts";
import { Failed } from "../declaration/states.tsx";
import { useSay } from "../words/language.tsx";
import { o } from "./own-words.ts";

export function NoAccount({ error, again }: { error: unknown; again: () => void }) {
  const say = useSay();
  return Refusal.of(error).status === 404 ? <Alert type="info" showIcon title={say(o.noAccount)} /> : <Failed error={error} again={again} />;
}
