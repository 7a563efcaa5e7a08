// 审核台的业务: the manuals of which officers decide something, in the order of the desk.
import { appointments } from "./appointment.ts";
import { attendance } from "./attendance.ts";
import { bindings } from "./binding.ts";
import type { DeskManual } from "./description.ts";

export const deskManuals: DeskManual[] = [bindings, appointments, attendance];
