//! Tells the linker where LibTorch lies at run time, so that the programs start from any folder without a variable.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    if env::var_os("CARGO_FEATURE_TORCH").is_none() {
        return;
    }
    // Set by torch-sys (links = "tch"), and only for packages that depend on it directly.
    let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo:warning=torch-sys did not say where LibTorch lies: set LD_LIBRARY_PATH to run the programs");
        return;
    };
    let origin = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => "$ORIGIN",
        Ok("macos") => "@executable_path",
        _ => return,
    };
    // First a libtorch/ folder beside the program, then where `make install` and `make dist` put it, then the one built against.
    println!("cargo:rustc-link-arg=-Wl,-rpath,{origin}/libtorch/lib");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{origin}/../lib/audiosearch");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
    if lib.join("libtorch_cuda.so").exists() {
        // Nothing refers to a symbol of it: without this the linker drops it, and CUDA is silently absent.
        println!("cargo:rustc-link-arg-bin=audiosearch-torch=-Wl,--no-as-needed,-ltorch_cuda,--as-needed");
    }
}
