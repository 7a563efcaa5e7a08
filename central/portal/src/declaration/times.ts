// 时间录入: dates and times as they are typed: `2026-12-05`, `2026-12-05 10:00`; in Beijing time, whatever clock and language the browser has (PO-314).
// Promises: what is typed in another usual way (no hyphens, slashes, `T`) means the same; what is no day is none, not the day after.

const DATE = /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/;
const TIME = /^(\d{1,2})[:：]?(\d{2})(?:[:：]?(\d{2}))?$/;
const two = (number: number) => String(number).padStart(2, "0");

/** A day as `YYYY-MM-DD`; none when the text means no day. */
export function dateOf(typed: string): string | null {
  const found = DATE.exec(typed.trim());
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const meant = new Date(Date.UTC(year, month - 1, day));
  if (meant.getUTCFullYear() !== year || meant.getUTCMonth() !== month - 1 || meant.getUTCDate() !== day) return null;
  return `${found[1] ?? ""}-${two(month)}-${two(day)}`;
}

/** A moment as `YYYY-MM-DD HH:MM:SS`; none when the text means none. */
export function momentOf(typed: string): string | null {
  const parts = typed.trim().split(/[\sT]+/);
  const date = dateOf(parts[0] ?? "");
  const time = TIME.exec(parts[1] ?? "");
  if (!date || !time || parts.length > 2) return null;
  const [hour, minute, second] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return `${date} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/** The same as the API takes it. */
export function instantOf(typed: string): string | null {
  const moment = momentOf(typed);
  return moment && `${moment.replace(" ", "T")}+08:00`;
}
