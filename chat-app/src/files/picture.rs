//! Pictures, made anew of their pixels.
//!
//! Nothing else of what came is kept: not where and with what the picture was taken, and nothing that another program
//! could take for something else than a picture.

use std::io::Cursor;

use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    codecs::{
        gif::{GifDecoder, GifEncoder, Repeat},
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
    error::{LimitError, LimitErrorKind},
    imageops,
    metadata::LoopCount,
};

/// Pixels of a picture, at most: those of all frames of one that moves.
const MAX_PIXELS: u64 = 40_000_000;

/// Pixels of a side, at most.
const MAX_SIDE: u32 = 16_384;

/// Octets of a picture's pixels in memory, at most.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;

/// Pixels of a small picture, at most.
const THUMB: (u32, u32) = (1_200, 800);

/// Pixels of a side of a picture of a member.
const AVATAR: u32 = 256;

/// How much of a photo is kept, of 100.
const QUALITY: u8 = 85;

/// How little care is taken to choose a moving picture's colours, of 30: it has many frames.
const GIF_SPEED: i32 = 20;

/// A picture made anew.
#[derive(Debug)]
pub(super) struct Picture {
    /// All of it.
    pub(super) image: Vec<u8>,
    /// What it is now.
    pub(super) format: ImageFormat,
    /// Pixels.
    pub(super) width: u32,
    /// Pixels.
    pub(super) height: u32,
    /// A small one.
    pub(super) thumb: Option<Vec<u8>>,
}

/// What the small one of a picture of this type is.
pub(crate) fn thumb_type(picture: &str) -> &'static str {
    let format = ImageFormat::from_mime_type(picture).unwrap_or(ImageFormat::Png);
    thumb_format(format).to_mime_type()
}

fn thumb_format(picture: ImageFormat) -> ImageFormat {
    if picture == ImageFormat::Jpeg { ImageFormat::Jpeg } else { ImageFormat::Png }
}

/// Makes a picture anew, with a small one. WebP becomes PNG if it lets something show through and JPEG if not: only
/// its lossless form can be written, which is too large for photos.
pub(super) fn renew(octets: &[u8], format: ImageFormat) -> Result<Picture, ImageError> {
    let still = decode(octets, format)?;
    let (width, height) = (still.width(), still.height());
    let (image, format) = match format {
        ImageFormat::Gif => (renew_gif(octets)?, ImageFormat::Gif),
        ImageFormat::WebP if !still.color().has_alpha() => {
            (encode(&still, ImageFormat::Jpeg)?, ImageFormat::Jpeg)
        }
        ImageFormat::Jpeg => (encode(&still, ImageFormat::Jpeg)?, ImageFormat::Jpeg),
        _ => (encode(&still, ImageFormat::Png)?, ImageFormat::Png),
    };
    let small = if width > THUMB.0 || height > THUMB.1 { still.thumbnail(THUMB.0, THUMB.1) } else { still };
    let thumb = encode(&small, thumb_format(format))?;
    Ok(Picture { image, format, width, height, thumb: Some(thumb) })
}

/// Makes a square of the middle of a picture.
pub(super) fn square(octets: &[u8], format: ImageFormat) -> Result<Picture, ImageError> {
    let image = decode(octets, format)?.resize_to_fill(AVATAR, AVATAR, imageops::FilterType::Triangle);
    let format = if image.color().has_alpha() { ImageFormat::Png } else { ImageFormat::Jpeg };
    Ok(Picture { image: encode(&image, format)?, format, width: AVATAR, height: AVATAR, thumb: None })
}

/// The pixels, the right way up, of a picture that is not too large; of one that moves, its first frame.
fn decode(octets: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(octets), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_MEMORY {
        return Err(too_large());
    }
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// The frames of a picture that may move, as fast as they were.
fn renew_gif(octets: &[u8]) -> Result<Vec<u8>, ImageError> {
    let mut decoder = GifDecoder::new(Cursor::new(octets))?;
    decoder.set_limits(limits())?;
    let mut image = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut image, GIF_SPEED);
    encoder.set_repeat(match decoder.loop_count() {
        LoopCount::Infinite => Repeat::Infinite,
        LoopCount::Finite(times) => Repeat::Finite(times.get().try_into().unwrap_or(u16::MAX)),
    })?;
    let mut pixels = 0;
    for frame in decoder.into_frames() {
        let frame = frame?;
        pixels += u64::from(frame.buffer().width()) * u64::from(frame.buffer().height());
        if pixels > MAX_PIXELS {
            return Err(too_large());
        }
        encoder.encode_frame(frame)?;
    }
    drop(encoder);
    Ok(image)
}

fn encode(image: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>, ImageError> {
    let mut octets = Vec::new();
    if format == ImageFormat::Jpeg {
        JpegEncoder::new_with_quality(&mut octets, QUALITY).encode_image(&image.to_rgb8())?;
    } else {
        let encoder =
            PngEncoder::new_with_quality(&mut octets, CompressionType::Default, FilterType::Adaptive);
        match image.color().has_alpha() {
            true => image.to_rgba8().write_with_encoder(encoder)?,
            false => image.to_rgb8().write_with_encoder(encoder)?,
        }
    }
    Ok(octets)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    limits
}

fn too_large() -> ImageError {
    ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError))
}
