// 表单: the fields of one part of an entry page, laid out dense: three columns wide, one on a phone.
import type { Text } from "../words/words.ts";
import type { Field, Around, Values } from "./description.ts";
import { isGrey, isHidden, isRequired } from "./description.ts";
import { FieldBox, type Fault } from "./field.tsx";

interface Props {
  fields: Field[];
  values: Values;
  around: Around;
  /** Put in front of each name. */
  prefix: string;
  faultAt: (name: string) => Fault | undefined;
  isShut: (field: Field) => boolean;
  onChange: (name: string, value: string) => void;
  onFault: (name: string, fault: Fault | null) => void;
  onLeave: (field: Field) => void;
  onHint: (hint: Text | null) => void;
  /** What is typed into code fields and not taken yet, by path. */
  typed?: Values;
  onTyped?: (path: string, text: string | null) => void;
}

export function FormPart({ fields, values, around, prefix, faultAt, isShut, onChange, onFault, onLeave, onHint, typed, onTyped }: Props) {
  return (
    <div className="grid">
      {fields.filter((field) => !isHidden(field, around)).map((field) => (
        <FieldBox
          key={field.name}
          field={field}
          path={prefix + field.name}
          value={values[field.name] ?? ""}
          required={isRequired(field, around)}
          grey={isGrey(field, around)}
          shut={isShut(field)}
          fault={faultAt(field.name)}
          onChange={(value) => onChange(field.name, value)}
          onNamed={(name) => field.kind.is === "code" && field.kind.names !== undefined && onChange(field.kind.names, name)}
          onFault={(fault) => onFault(field.name, fault)}
          onLeave={() => onLeave(field)}
          onHint={onHint}
          kept={onTyped && { typed: typed?.[prefix + field.name] ?? null, onTyped: (text) => onTyped(prefix + field.name, text) }}
        />
      ))}
    </div>
  );
}
