//! Pictures to bring.

use std::io::Cursor;

use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage, codecs::jpeg::JpegEncoder};

/// A picture of one colour but its first quarter.
fn picture(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| if x < width / 2 && y < height / 2 { Rgb([250, 10, 10]) } else { Rgb([10, 10, 250]) };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

pub(crate) fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut octets = Cursor::new(Vec::new());
    picture(width, height).write_to(&mut octets, format).unwrap();
    octets.into_inner()
}

/// What only the notes of a camera say.
pub(crate) const PLACE: &[u8] = b"37.5665N 126.9780E";

/// A photo that was taken with the camera turned: its notes say to turn it, and where it was taken.
pub(crate) fn turned_photo(width: u32, height: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut encoder = JpegEncoder::new(&mut octets);
    encoder.set_exif_metadata(notes()).unwrap();
    encoder.encode_image(&picture(width, height)).unwrap();
    octets
}

/// Exif (a TIFF file): ImageDescription is the place, Orientation is 6, a quarter to the right.
fn notes() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let length = PLACE.len() as u32;
    [&b"II*\0\x08\0\0\0\x02\0"[..], &entry(0x010e, 2, length, 38), &entry(0x0112, 3, 1, 6), &[0; 4], PLACE]
        .concat()
}

/// A PNG of a few octets that says it has so many pixels.
pub(crate) fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut octets = encoded(1, 1, ImageFormat::Png);
    octets[16..20].copy_from_slice(&width.to_be_bytes());
    octets[20..24].copy_from_slice(&height.to_be_bytes());
    // The checksum of the header's chunk would tell; bit by bit (PNG, annex D).
    let crc = !octets[12..29].iter().fold(!0_u32, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    octets[29..33].copy_from_slice(&crc.to_be_bytes());
    octets
}
