// 提示: what a save found odd; whoever declares the record confirms it on the check-and-sign page, and the confirmation goes into the audit log.
import type { Warning } from "./description.ts";

const left = new Map<string, Warning[]>();
export const leaveWarnings = (number: string, warnings: Warning[]) => void left.set(number, warnings);
export const warningsOf = (number: string): Warning[] => left.get(number) ?? [];
