//! How the agent is linked: the addresses that the loader moves are told in few bits (`RELR`) and not by three words each, which is 630 KB of a
//! binary that must stay under 15 MB (decision 0093). glibc reads them since 2.36, which is Debian 12; `KAKOU_RELOCATIONS=plain` makes one for less.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=KAKOU_RELOCATIONS");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_glibc = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    if is_glibc && variable("KAKOU_RELOCATIONS") != "plain" {
        // GNU's linker and LLVM's know it.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
