// 设备名称: browser and system out of what a browser says of itself; what is not known is shown as it came.
const BROWSERS: [RegExp, string][] = [[/Edg\/(\d+)/, "Edge"], [/OPR\/(\d+)/, "Opera"], [/Firefox\/(\d+)/, "Firefox"], [/HeadlessChrome\/(\d+)/, "Chrome"], [/Chrome\/(\d+)/, "Chrome"], [/Version\/(\d+).* Safari\//, "Safari"]];
const SYSTEMS: [RegExp, string][] = [[/Windows/, "Windows"], [/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]];

export function deviceOf(agent: string | null): string {
  if (agent === null) return "";
  const browser = BROWSERS.map(([sign, name]) => [sign.exec(agent)?.[1], name]).find(([version]) => version);
  const system = SYSTEMS.find(([sign]) => sign.test(agent))?.[1];
  return browser ? `${browser[1]} ${browser[0]}${system ? ` · ${system}` : ""}` : agent.slice(0, 80);
}
