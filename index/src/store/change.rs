//! What a frozen generation of an earlier revision does not know yet.

/// What happened to a source since the base was frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Removed,
    Touched,
}

impl Change {
    fn byte(self) -> u8 {
        match self {
            Self::Added => 1,
            Self::Removed => 2,
            Self::Touched => 3,
        }
    }

    pub fn parse(value: &[u8]) -> Option<(Self, u64)> {
        let kind = match value.first()? {
            1 => Self::Added,
            2 => Self::Removed,
            3 => Self::Touched,
            _ => return None,
        };
        Some((kind, u64::from_be_bytes(value.get(1..)?.try_into().ok()?)))
    }

    pub fn value(self, revision: u64) -> [u8; 9] {
        let mut value = [self.byte(); 9];
        value[1..].copy_from_slice(&revision.to_be_bytes());
        value
    }
}
