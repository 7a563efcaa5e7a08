// 步骤: where somebody is in a row of steps.
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";

export function StepsLine({ steps, at }: { steps: Text[]; at: number }) {
  const say = useSay();
  return (
    <ol className="steps-line">
      {steps.map((step, place) => (
        <li key={step[0]} aria-current={place === at ? "step" : undefined}>
          {place + 1}. {say(step)}
        </li>
      ))}
    </ol>
  );
}
