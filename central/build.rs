//! The pages are built apart (`scripts/portal`); a release build embeds what lies there, and has to look again when that has changed. A debug
//! build reads them from their folder while it runs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo::rerun-if-changed=portal/dist");
    }
}
