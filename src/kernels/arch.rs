//! Which vector instructions there are.

use pulp::WithSimd;

/// The vector instructions of a machine.
#[derive(Debug, Clone, Copy)]
pub struct Arch(Kind);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Plain(pulp::Arch),
    /// AVX-512 with sums of products of 16-bit numbers in one instruction.
    #[cfg(target_arch = "x86_64")]
    Dots(pulp::x86::V4, vnni::Vnni),
}

impl Arch {
    /// The best that this machine has.
    pub fn new() -> Arch {
        let plain = pulp::Arch::new();
        #[cfg(target_arch = "x86_64")]
        if let (pulp::Arch::V4(v4), Some(vnni)) = (plain, vnni::Vnni::try_new()) {
            return Arch(Kind::Dots(v4, vnni));
        }
        Arch(Kind::Plain(plain))
    }

    /// Runs `op` with them.
    pub fn dispatch<Op: WithSimd>(self, op: Op) -> Op::Output {
        match self.0 {
            Kind::Plain(arch) => arch.dispatch(op),
            #[cfg(target_arch = "x86_64")]
            Kind::Dots(v4, vnni) => vnni.vectorize(vnni::Inlined(op, v4)),
        }
    }

    /// All that this machine can be.
    #[cfg(test)]
    pub fn all() -> Vec<Arch> {
        let mut all = vec![pulp::Arch::new(), pulp::Arch::Scalar];
        #[cfg(target_arch = "x86_64")]
        all.extend(pulp::x86::V3::try_new().map(pulp::Arch::V3));
        std::iter::once(Arch::new()).chain(all.into_iter().map(|arch| Arch(Kind::Plain(arch)))).collect()
    }
}

impl Default for Arch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use pulp::{NullaryFnOnce, WithSimd, x86::V4};

    /// An operation for AVX-512 that is compiled into a place where more is known to be there: there the compiler itself puts one instruction for
    /// a product of pairs and a sum.
    pub struct Inlined<Op>(pub Op, pub V4);

    impl<Op: WithSimd> NullaryFnOnce for Inlined<Op> {
        type Output = Op::Output;

        #[inline(always)]
        fn call(self) -> Op::Output {
            self.0.with_simd(self.1)
        }
    }

    pulp::simd_type! {
        /// What V4 has, and AVX-512 VNNI.
        pub struct Vnni {
            sse: "sse",
            sse2: "sse2",
            fxsr: "fxsr",
            sse3: "sse3",
            ssse3: "ssse3",
            sse4_1: "sse4.1",
            sse4_2: "sse4.2",
            popcnt: "popcnt",
            avx: "avx",
            avx2: "avx2",
            bmi1: "bmi1",
            bmi2: "bmi2",
            fma: "fma",
            lzcnt: "lzcnt",
            avx512f: "avx512f",
            avx512bw: "avx512bw",
            avx512cd: "avx512cd",
            avx512dq: "avx512dq",
            avx512vl: "avx512vl",
            avx512vnni: "avx512vnni",
        }
    }
}
