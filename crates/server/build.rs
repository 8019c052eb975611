//! Builds anew when the console was built anew: its file names change with their content, which the embedding cannot see.

fn main() {
    println!("cargo::rerun-if-changed=../../console/dist");
    println!("cargo::rerun-if-changed=build.rs");
}
