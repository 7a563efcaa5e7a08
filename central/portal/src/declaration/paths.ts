// 路径: members of a record by their path, such as `consignee.customs_reg_no`: fields are named as the API names them in its faults.

/** The value at a path; nothing where there is none. */
export function at(json: unknown, path: string): unknown {
  let here = json;
  for (const name of path.split(".")) {
    if (here === null || typeof here !== "object") return undefined;
    here = (here as Record<string, unknown>)[name];
  }
  return here;
}

/** Puts a value at a path, with the members on the way. */
export function put(json: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let here = json;
  for (const name of names) {
    const next = here[name];
    if (next === null || typeof next !== "object") here[name] = {};
    here = here[name] as Record<string, unknown>;
  }
  here[last] = value;
}
