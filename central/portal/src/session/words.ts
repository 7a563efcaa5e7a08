// 登录文字: what the ways into a session say beside the common words.
import type { Text } from "../words/words.ts";

const words = <T extends Record<string, Text>>(all: T): T => all;

export const s = words({
  byShield: ["手机盾登录", "Mobile shield"],
  // 手机盾, at the screen
  scan: ["用已申请手机盾的手机扫描二维码，核对数字一致后确认。", "Scan the code with the phone that has your shield, compare the number, and confirm there."],
  qr: ["登录二维码", "QR code of this log-in"],
  compare: ["核对数字", "Compare this number"],
  serves: ["{seconds} 秒内有效", "serves {seconds} seconds"],
  refusedThere: ["手机上已拒绝本次登录。", "The phone has refused this log-in."],
  over: ["二维码已过期。", "The code has run out."],
  another: ["重新获取", "Another code"],
  push: ["或发送到手机：输入用户名，在手机“账号与安全—手机盾证书管理”中确认。", "Or send it to the phone: type your user name, and confirm in “Account and security, Mobile shields” on the phone."],
  pushNow: ["发送到手机", "Send to the phone"],
  pushed: ["已发送给 {name} 的手机，请在手机上确认。", "It was sent to the phone of {name}: confirm it there."],
  here: ["使用本机手机盾", "Use the shield of this device"],
  notHere: ["本机没有应答：未找到手机盾，或已取消。", "This device has not answered: it has no shield, or you have cancelled."],
  // 手机盾, on the phone
  onPhone: ["手机盾确认登录", "Confirm a log-in by shield"],
  onPhoneLead: ["另一屏幕请求以您的账号登录。请确认是您本人发起，且数字与该屏幕一致。", "Another screen asks to be logged in as you. Confirm only if you began it and the screen shows the same number."],
  device: ["请求设备", "Device"],
  address: ["请求地址", "Address"],
  confirm: ["确认登录", "Confirm the log-in"],
  refuse: ["不是我，拒绝", "Not me: refuse"],
  confirmed: ["已确认，请回到该屏幕继续。本页可关闭。", "Confirmed: go on at the other screen. You may close this page."],
  refused: ["已拒绝，该屏幕不能登录。", "Refused: the other screen is not logged in."],
  gone: ["该登录请求已失效（60 秒内有效），请在屏幕上重新获取二维码。", "This request waits no more; it serves 60 seconds. Draw another code at the screen."],
  noRequest: ["请扫描登录页上的二维码打开本页。", "Open this page by scanning the code of a log-in page."],
  toStart: ["返回首页", "Back to the start"],
  // 第三方
  moreWays: ["更多登录方式", "More ways to log in"],
  thirdParty: ["第三方快捷登录", "Quick log-in by others"],
  comingBack: ["正在登录…", "Logging in…"],
  linking: ["正在完成关联…", "Linking…"],
  linked: ["关联成功", "Linked"],
  linkTitle: ["关联第三方账号", "Link the account"],
  cancelled: ["您已在第三方平台取消。", "You have cancelled at the other provider."],
  notThere: ["第三方平台未完成登录（{error}）。", "The other provider did not complete the log-in ({error})."],
  incomplete: ["登录信息不完整，请重新从登录页开始。", "What the provider sent back is incomplete: begin again."],
  failedThere: ["第三方登录未成功", "The log-in by the other provider failed"],
  linkedElsewhere: ["该第三方账号已关联平台账号，一个第三方账号只能关联一个账号。", "This identity is linked to an account already; one identity opens one account."],
  logInFirst: ["登录已失效，请重新登录后再关联。", "Your session has ended: log in again, then link."],
  unlinked: ["该第三方账号尚未关联平台账号。请用账号密码登录一次，登录成功后自动关联。", "This identity is linked to no account yet. Log in once by password, and it is linked."],
  ticketOver: ["关联凭据已失效（10 分钟内有效），请重新从第三方登录开始。", "The proof of your identity serves no more; it serves 10 minutes. Begin again with the other provider."],
  beginAgain: ["重新开始", "Begin again"],
  toAccount: ["返回账号与安全", "Back to account and security"],
});
