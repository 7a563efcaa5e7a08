// 错误应答: what the centre says when it turns a request away, in the one form that it has for that (PO-331).
import type { Text } from "../words/words.ts";

export interface FieldFault {
  /** Such as `medium_key` or `lines[0].object_id`. */
  path: string;
  code: string;
  rule: string;
  message: string;
  message_en: string;
  /** What was sent, or what was found in it. */
  value?: unknown;
}

interface ProblemBody {
  status?: number;
  code?: string;
  message?: string;
  message_en?: string;
  fields?: FieldFault[];
  request_id?: string;
}

/** A request that was turned away, or not answered at all. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly text: Text;
  readonly fields: FieldFault[];
  readonly requestId: string | undefined;

  constructor(status: number, body: ProblemBody) {
    super(body.message_en ?? `refused with ${status}`);
    this.status = status;
    this.code = body.code ?? "PO_UPSTREAM_UNAVAILABLE";
    this.text = [body.message ?? "系统暂时无法获取数据，请稍后再试", body.message_en ?? "the service does not answer; please try again"];
    this.fields = body.fields ?? [];
    this.requestId = body.request_id;
  }

  /** Whatever was thrown, as a refusal. */
  static of(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    const said = error instanceof Error ? error.message : String(error);
    return new Refusal(0, { code: "PO_UPSTREAM_UNAVAILABLE", message: "网络连接中断，请稍后再试", message_en: `the line is down: ${said}` });
  }
}

/** The texts of one fault. */
export const saidOf = (fault: FieldFault): Text => [fault.message, fault.message_en];
