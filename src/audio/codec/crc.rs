//! The checksum of FLAC frames: CRC-16 with the polynomial 0x8005.

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            sum = sum << 1 ^ if sum & 0x8000 != 0 { 0x8005 } else { 0 };
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
}

static TABLE: [u16; 256] = table();

/// The sum with one more byte; 0 at the end of a frame that is whole, its own checksum included.
pub(in super::super) fn crc_16(sum: u16, byte: u8) -> u16 {
    sum << 8 ^ TABLE[usize::from((sum >> 8) as u8 ^ byte)]
}
