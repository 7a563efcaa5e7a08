// 密码规则: which rules of a password are kept while it is typed (PO-025); the centre judges all of them again.
import { CheckOutlined, MinusOutlined } from "@ant-design/icons";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { a } from "./words.ts";

function rulesOf(password: string, username: string): [Text, boolean][] {
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(password)).length;
  const length = [...password].length;
  const name = username.trim().toLowerCase();
  return [
    [a.ruleLength, length >= 8 && length <= 64],
    [a.ruleKinds, kinds >= 3],
    [a.ruleName, password !== "" && (name === "" || !password.toLowerCase().includes(name))],
  ];
}

export function PasswordRules({ password, username }: { password: string; username: string }) {
  const say = useSay();
  return (
    <ul className="password-rules">
      {rulesOf(password, username).map(([text, kept]) => (
        <li key={text[0]} data-kept={kept}>
          {kept ? <CheckOutlined aria-label="✓" /> : <MinusOutlined aria-hidden />} {say(text)}
        </li>
      ))}
    </ul>
  );
}
