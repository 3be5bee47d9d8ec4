//! Tells the linker where LibTorch lies at run time, for the benchmark that compares with it; see ../build.rs.

use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    if let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
    }
}
