//! Reads playlists as strictly as the rules are: RFC 8216, and its second edition for parts. Knows nothing of how they are written.

use std::collections::BTreeSet;

/// A segment as a playlist tells it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) seconds: f64,
    pub(super) uri: String,
    pub(super) map: String,
    pub(super) is_break: bool,
    pub(super) parts: Vec<(f64, String)>,
}

/// A playlist that keeps to the rules.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checked {
    pub(super) first: u64,
    pub(super) segments: Vec<Told>,
    /// The parts of the segment that is not whole.
    pub(super) open: Vec<(f64, String)>,
    pub(super) open_map: String,
    pub(super) is_over: bool,
    pub(super) hint: Option<String>,
    target_s: f64,
}

fn attribute<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    list.split(',').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
}

fn quoted(value: Option<&str>) -> Result<String, String> {
    let inner = value.and_then(|value| value.strip_prefix('"')?.strip_suffix('"'));
    inner.filter(|inner| !inner.is_empty()).map(str::to_owned).ok_or_else(|| format!("{value:?} is no quoted string"))
}

fn number(value: Option<&str>) -> Result<f64, String> {
    value.and_then(|value| value.parse().ok()).ok_or_else(|| format!("{value:?} is no number"))
}

impl Checked {
    /// Reads a playlist; says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some("#EXTM3U") || !text.ends_with('\n') {
            return Err("it does not begin with #EXTM3U and end with a line".to_owned());
        }
        let (mut target_s, mut version, mut part_target_s, mut hold_back_s) = (None, None, None, None);
        let (mut blocks, mut is_over, mut hint) = (false, false, None);
        let (mut segments, mut parts): (Vec<Told>, Vec<(f64, String)>) = (Vec::new(), Vec::new());
        let (mut map, mut is_break, mut seconds, mut first) = (String::new(), false, None, None);
        let mut seen = BTreeSet::new();
        for line in lines {
            if is_over {
                return Err(format!("{line} after the end"));
            }
            let (tag, value) = line.split_once(':').unwrap_or((line, ""));
            let is_once = ["VERSION", "INDEPENDENT-SEGMENTS", "TARGETDURATION", "MEDIA-SEQUENCE", "PART-INF"];
            if tag.strip_prefix("#EXT-X-").is_some_and(|name| is_once.contains(&name)) && !seen.insert(tag.to_owned()) {
                return Err(format!("{tag} twice"));
            }
            match tag {
                "#EXT-X-VERSION" => version = Some(number(Some(value))?),
                "#EXT-X-INDEPENDENT-SEGMENTS" if value.is_empty() => {}
                "#EXT-X-TARGETDURATION" => target_s = Some(number(Some(value))?),
                "#EXT-X-MEDIA-SEQUENCE" => first = Some(number(Some(value))? as u64),
                "#EXT-X-PLAYLIST-TYPE" if value == "EVENT" => {}
                "#EXT-X-SERVER-CONTROL" => {
                    blocks = attribute(value, "CAN-BLOCK-RELOAD") == Some("YES");
                    hold_back_s = Some(number(attribute(value, "PART-HOLD-BACK"))?);
                }
                "#EXT-X-PART-INF" => part_target_s = Some(number(attribute(value, "PART-TARGET"))?),
                "#EXT-X-DISCONTINUITY" => is_break = true,
                "#EXT-X-MAP" => map = quoted(attribute(value, "URI"))?,
                "#EXT-X-PROGRAM-DATE-TIME" if value.ends_with('Z') && value.len() == 24 => {}
                "#EXT-X-PART" => {
                    let seconds = number(attribute(value, "DURATION"))?;
                    let most = part_target_s.ok_or("a part without #EXT-X-PART-INF")?;
                    if seconds <= 0.0 || seconds > most + 1e-6 {
                        return Err(format!("a part of {seconds} s where {most} s are the most"));
                    }
                    // All but the last of a segment have 85 % of the target at least.
                    if parts.last().is_some_and(|(last, _)| *last < most * 0.85) {
                        return Err("a part is short and not the last of its segment".to_owned());
                    }
                    parts.push((seconds, quoted(attribute(value, "URI"))?));
                }
                "#EXTINF" => {
                    let told = number(value.strip_suffix(','))?;
                    if told <= 0.0 || told.round() > target_s.ok_or("a segment before the target duration")? {
                        return Err(format!("a segment of {told} s"));
                    }
                    seconds = Some(told);
                }
                "#EXT-X-PRELOAD-HINT" if attribute(value, "TYPE") == Some("PART") => {
                    hint = Some(quoted(attribute(value, "URI"))?);
                }
                "#EXT-X-ENDLIST" => is_over = true,
                _ if line.starts_with('#') || line.is_empty() => return Err(format!("{line:?} is not expected")),
                uri => {
                    let seconds = seconds.take().ok_or_else(|| format!("{uri} has no duration"))?;
                    let parts = std::mem::take(&mut parts);
                    let of_parts: f64 = parts.iter().map(|(seconds, _)| seconds).sum();
                    if !parts.is_empty() && (of_parts - seconds).abs() > 1e-3 {
                        return Err(format!("{uri} has {seconds} s and its parts {of_parts} s"));
                    }
                    if map.is_empty() {
                        return Err(format!("{uri} has no header"));
                    }
                    let is_break = std::mem::take(&mut is_break);
                    segments.push(Told { seconds, uri: uri.to_owned(), map: map.clone(), is_break, parts });
                }
            }
        }
        if version < Some(9.0) {
            return Err("parts need version 9".to_owned());
        }
        if let Some(part_target_s) = part_target_s
            && hold_back_s.is_none_or(|hold_back_s| hold_back_s < 2.0 * part_target_s || !blocks)
        {
            return Err("parts need a hold-back of two of them at least".to_owned());
        }
        if is_over && (!parts.is_empty() || hint.is_some()) {
            return Err("something is announced after the end".to_owned());
        }
        let changes = segments.windows(2).find(|two| two[0].map != two[1].map && !two[1].is_break);
        if let Some(two) = changes {
            return Err(format!("{} has another header without a discontinuity", two[1].uri));
        }
        let target_s = target_s.ok_or("no target duration")?;
        let first = first.ok_or("no media sequence")?;
        Ok(Self { first, segments, open: parts, open_map: map, is_over, hint, target_s })
    }

    /// Whether it may follow another.
    pub(super) fn follows(&self, before: &Self) -> Result<(), String> {
        let is_as_before = self.target_s == before.target_s && self.first == before.first && !before.is_over;
        if !is_as_before || self.segments.len() < before.segments.len() {
            return Err("it goes back".to_owned());
        }
        for (told, now) in before.segments.iter().zip(&self.segments) {
            let same = |of: &Told| (of.uri.clone(), of.map.clone(), of.is_break, format!("{:.6}", of.seconds));
            if same(told) != same(now) {
                return Err(format!("{told:?} became {now:?}"));
            }
        }
        let grown = self.segments.get(before.segments.len()).map_or(&self.open, |whole| &whole.parts);
        // Parts of a segment that is far back are not told any more.
        if !grown.is_empty() && !grown.starts_with(&before.open) {
            return Err(format!("{:?} became {grown:?}", before.open));
        }
        Ok(())
    }

    /// Everything that can be fetched.
    pub(super) fn uris(&self) -> BTreeSet<String> {
        let of_segments = self.segments.iter().flat_map(|told| {
            let parts = told.parts.iter().map(|(_, uri)| uri.clone());
            [told.uri.clone(), told.map.clone()].into_iter().chain(parts)
        });
        let open = self.open.iter().map(|(_, uri)| uri.clone());
        let map = Some(self.open_map.clone()).filter(|map| !map.is_empty());
        of_segments.chain(open).chain(map).collect()
    }
}

const GOOD: &str = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.96\n\
    #EXT-X-PART-INF:PART-TARGET=0.32\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-MAP:URI=\"h\"\n#EXTINF:2.0,\na\n#EXTINF:2.0,\nb\n\
    #EXT-X-PART:DURATION=0.32,URI=\"p\"\n";

#[test]
fn what_breaks_a_rule_is_refused() {
    let good = Checked::read(GOOD).unwrap();
    good.follows(&good).unwrap();
    for (from, to) in [
        ("#EXTM3U\n", ""),
        ("VERSION:9", "VERSION:6"),
        ("#EXTINF:2.0,\na", "#EXTINF:4.6,\na"),
        ("#EXTINF:2.0,\na", "a"),
        ("#EXT-X-MAP:URI=\"h\"\n", ""),
        ("0.96", "0.5"),
        ("DURATION=0.32", "DURATION=0.4"),
        ("#EXT-X-PART:", "#EXT-X-PART:DURATION=0.1,URI=\"q\"\n#EXT-X-PART:"),
        ("a\n", "a\n#EXT-X-MAP:URI=\"other\"\n"),
        ("#EXT-X-TARGETDURATION:4\n", "#EXT-X-TARGETDURATION:4\n#EXT-X-TARGETDURATION:5\n"),
        ("#EXT-X-PART:DURATION", "#EXT-X-ENDLIST\n#EXT-X-PART:DURATION"),
        ("#EXT-X-PART:DURATION", "#EXT-X-WHAT\n#EXT-X-PART:DURATION"),
    ] {
        let bad = GOOD.replacen(from, to, 1);
        assert_ne!(bad, GOOD);
        assert!(Checked::read(&bad).is_err(), "{from:?} became {to:?} and nobody minds");
    }
    for (from, to) in [
        ("#EXTINF:2.0,\na\n", ""),
        ("\nb\n", "\nc\n"),
        ("#EXTINF:2.0,\na", "#EXTINF:2.1,\na"),
        ("SEQUENCE:0", "SEQUENCE:1"),
        ("URI=\"p\"", "URI=\"q\""),
        ("DURATION:4", "DURATION:5"),
    ] {
        let after = Checked::read(&GOOD.replacen(from, to, 1)).unwrap();
        assert!(after.follows(&good).is_err(), "{from:?} became {to:?} and nobody minds");
    }
}
