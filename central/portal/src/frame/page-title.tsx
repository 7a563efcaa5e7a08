// 标题: of the page in front; a page behind it has none.
import { useTab } from "./tabs.tsx";

export function PageTitle({ children }: { children: string }) {
  return useTab().isActive ? <title>{children}</title> : null;
}
