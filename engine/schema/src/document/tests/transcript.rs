//! The transcript in every format.

use proptest::prelude::*;
use pulldown_cmark::{Event as Piece, Options, Parser, Tag, TagEnd};

use super::*;

fn ada() -> Option<Participant> {
    Some(named(ADA, "Ada"))
}

fn bob() -> Option<Participant> {
    Some(named(BOB, "Bob"))
}

#[test]
fn a_transcript_entry_has_the_documented_shape_and_so_has_each_line_of_jsonl() {
    let told = Told::saying(vec![said(ada(), "Hello there", 12_340, 13_000)]);
    let entry = concat!(
        r#"{"participant":{"id":16778240,"name":"Ada","is_host":null,"platform":"unknown","extra_data":{},"#,
        r#""email":null},"language_code":"en","words":[{"text":"Hello there","#,
        r#""start_timestamp":{"relative":12.34,"absolute":"2026-01-01T00:00:12.340000Z"},"#,
        r#""end_timestamp":{"relative":13.0,"absolute":"2026-01-01T00:00:13.000000Z"}}]}"#
    );
    assert_eq!(transcript_json(&told.proceedings()), format!("[{entry}]"));
    assert_eq!(transcript_jsonl(&told.proceedings()), format!("{entry}\n"));
}

#[test]
fn a_transcript_is_ordered_and_names_whom_it_can() {
    let nameless = Participant { id: BOB, name: None };
    let told = Told::saying(vec![said(None, "second", 2_000, 2_500), said(Some(nameless), "first", 1_000, 1_500)]);
    let transcript = parsed(&transcript_json(&told.proceedings()));
    assert_eq!(transcript[0]["words"][0]["text"], "first");
    assert_eq!(transcript[0]["participant"]["name"], "Bob");
    assert_eq!(transcript[1]["participant"]["id"], Value::Null);
    assert_eq!(transcript_text(&told.proceedings()), "[00:00:01] Bob: first\n[00:00:02] second\n");
}

#[test]
fn a_stale_name_beside_words_is_not_believed() {
    let told = Told::saying(vec![said(Some(named(ADA, "Bob")), "It is me", 0, 500)]);
    assert_eq!(parsed(&transcript_json(&told.proceedings()))[0]["participant"]["name"], "Ada");
    assert_eq!(transcript_text(&told.proceedings()), "[00:00:00] Ada: It is me\n");
}

#[test]
fn cues_carry_voice_tags_and_cannot_be_broken_out_of() {
    let mut told = Told::saying(vec![
        said(ada(), "a --> b <i>\n\nc & d", 3_599_999, 3_600_001),
        said(None, "who?", -500, -400),
        said(bob(), " \n ", 10, 20),
    ]);
    told.people = vec![named(ADA, "Ada <b>&\n"), named(BOB, "Bob")];
    assert_eq!(
        transcript_vtt(&told.proceedings()),
        concat!(
            "WEBVTT\n\n",
            "00:00:00.000 --> 00:00:01.000\nwho?\n\n",
            "00:59:59.999 --> 01:00:00.001\n<v Ada &lt;b&gt;&amp;>a --&gt; b &lt;i&gt; c &amp; d\n"
        )
    );
}

#[test]
fn a_caption_without_an_end_is_shown_until_it_is_read_or_the_next_one_begins() {
    let long = "x".repeat(400);
    let told = Told::saying(vec![
        said(ada(), "A caption of forty characters, or nearly", 1_000, 1_000),
        said(bob(), "backwards", 10_000, 9_000),
        said(ada(), "cut short", 10_500, 10_500),
        said(bob(), "at once", 10_500, 11_500),
        said(ada(), &long, 20_000, 20_000),
    ]);
    let vtt = transcript_vtt(&told.proceedings());
    let times: Vec<&str> = vtt.lines().filter(|line| line.contains("-->")).collect();
    assert_eq!(
        times,
        [
            "00:00:01.000 --> 00:00:03.400",
            "00:00:10.000 --> 00:00:10.500",
            "00:00:10.500 --> 00:00:11.500",
            "00:00:10.500 --> 00:00:11.500",
            "00:00:20.000 --> 00:00:27.000"
        ]
    );
    // Programs are told what the platform told.
    let ends = parsed(&transcript_json(&told.proceedings()));
    assert_eq!(ends[0]["words"][0]["end_timestamp"]["relative"], 1.0);
}

#[test]
fn cues_that_overlap_keep_their_times() {
    let told = Told::saying(vec![said(ada(), "one", 0, 5_000), said(bob(), "two", 1_000, 2_000)]);
    assert_eq!(
        transcript_srt(&told.proceedings()),
        "1\n00:00:00,000 --> 00:00:05,000\nAda: one\n\n2\n00:00:01,000 --> 00:00:02,000\nBob: two\n\n"
    );
}

#[test]
fn hours_have_as_many_digits_as_they_take() {
    let hours = |hours: i64| hours * 3_600_000;
    let told = Told::saying(vec![
        said(None, "late", hours(3) + 61_001, hours(3) + 62_000),
        said(None, "later", hours(100), hours(100) + 1_000),
    ]);
    let srt = transcript_srt(&told.proceedings());
    assert!(srt.contains("03:01:01,001 --> 03:01:02,000"), "{srt}");
    assert!(srt.contains("100:00:00,000 --> 100:00:01,000"), "{srt}");
    assert!(transcript_vtt(&told.proceedings()).contains("100:00:00.000 --> 100:00:01.000"));
    assert_eq!(transcript_text(&told.proceedings()), "[03:01:01] late\n[100:00:00] later\n");
}

#[test]
fn a_long_caption_is_cut_into_cues_of_two_lines_that_share_its_time() {
    let text = "We have to decide today whether the engine gets a second mill, because the brass for it is ordered \
                in April and the workshop closes in May.";
    let told = Told::saying(vec![said(ada(), text, 10_000, 19_000)]);
    assert_eq!(
        transcript_srt(&told.proceedings()),
        concat!(
            "1\n00:00:10,000 --> 00:00:14,978\n",
            "Ada: We have to decide today whether the\nengine gets a second mill, because the\n\n",
            "2\n00:00:14,978 --> 00:00:19,000\n",
            "brass for it is ordered in April and the\nworkshop closes in May.\n\n",
        )
    );
    let told = Told::saying(vec![said(ada(), text, 10_000, 10_001)]);
    assert_eq!(transcript_srt(&told.proceedings()).matches("-->").count(), 1, "there is no time to share");
}

#[test]
fn what_players_interpret_is_harmless_in_subrip() {
    let told = Told::saying(vec![said(ada(), "<i>x</i> {\\an8}y \\N z\n\n2\n00:00:00,000 --> 00:00:01,000", 0, 1_000)]);
    let srt = transcript_srt(&told.proceedings());
    assert_eq!(srt.matches("-->").count(), 1);
    assert!(!srt.contains(['<', '{', '}']), "{srt}");
    assert!(srt.contains("‹i›x‹/i› (\\\u{2060}an8)y"), "{srt}");
}

#[test]
fn text_and_markdown_join_what_one_person_says() {
    let mut told = Told::saying(vec![
        said(ada(), "One.", 1_000, 2_000),
        said(ada(), "Two.", 3_000, 4_000),
        said(bob(), "Three.", 4_500, 5_000),
        said(ada(), "Four.", 6_000, 7_000),
        said(ada(), "Five.", 17_000, 18_000),
        said(ada(), "Six.", 70_000, 99_000),
        said(ada(), "Seven.", 100_000, 101_000),
    ]);
    (told.title, told.end_ms) = (Some("The *engine*"), 3_723_000);
    assert_eq!(
        transcript_text(&told.proceedings()),
        concat!(
            "[00:00:01] Ada: One. Two.\n[00:00:04] Bob: Three.\n[00:00:06] Ada: Four.\n[00:00:17] Ada: Five.\n",
            "[00:01:10] Ada: Six. Seven.\n"
        )
    );
    assert_eq!(
        transcript_markdown(&told.proceedings()),
        concat!(
            "# The \\*engine\\*\n\n- Date: 2026-01-01 00:00:00 UTC\n- Length: 01:02:03\n- People: Ada, Bob\n",
            "\n**Ada** 00:00:01\n\nOne. Two.\n\n**Bob** 00:00:04\n\nThree.\n\n**Ada** 00:00:06\n\nFour.\n",
            "\n**Ada** 00:00:17\n\nFive.\n\n**Ada** 00:01:10\n\nSix. Seven.\n"
        )
    );
}

#[test]
fn what_one_person_says_begins_anew_after_a_minute() {
    let words = (0..20).map(|n| said(ada(), "On and on.", n * 5_000, n * 5_000 + 4_900)).collect();
    let text = transcript_text(&Told::saying(words).proceedings());
    let begins: Vec<&str> = text.lines().filter_map(|line| line.get(..10)).collect();
    assert_eq!(begins, ["[00:00:00]", "[00:01:00]"]);
}

#[test]
fn text_from_right_to_left_is_kept_to_the_letter() {
    let text = "שלום \u{200f}(עולם)\u{200f} مرحبا";
    let told = Told::saying(vec![said(ada(), text, 0, 1_000)]);
    let told = told.proceedings();
    for document in [transcript_vtt(&told), transcript_srt(&told), transcript_text(&told), transcript_json(&told)] {
        assert!(document.contains(text), "{document}");
    }
}

/// The paragraphs, headings and items of a Markdown document as a reader sees them, and whether anything else is in it.
fn read(markdown: &str) -> (Vec<String>, bool) {
    let (mut blocks, mut block, mut is_plain) = (Vec::new(), String::new(), true);
    // What GitHub and most readers add to CommonMark.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST;
    for piece in Parser::new_ext(markdown, options) {
        match piece {
            Piece::Text(text) => block.push_str(&text),
            Piece::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                blocks.push(std::mem::take(&mut block));
            }
            Piece::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::List(None) | Tag::Item | Tag::Strong)
            | Piece::End(TagEnd::List(false) | TagEnd::Strong) => {}
            _ => is_plain = false,
        }
    }
    (blocks, is_plain)
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,60}", "[<>&\n\r\t !#*_`~|$:{}()\\[\\]\\\\+=.0-9a-]{0,60}", "[-=+*#1-3.) ]{1,8}"]
}

proptest! {
    #[test]
    fn any_words_give_cues_that_only_their_own_lines_can_end(
        name in hostile(),
        text in hostile(),
        from_ms in any::<i64>(),
        to_ms in any::<i64>(),
    ) {
        let utterance = Utterance {
            speaker: Some(named(ADA, &name)),
            text: Pii::new(text),
            start: SourceTime::from_unix_ms(from_ms),
            end: SourceTime::from_unix_ms(to_ms),
            language: None,
        };
        let told = Told { people: vec![named(ADA, &name)], utterances: vec![utterance], ..Told::default() };
        let told = told.proceedings();
        let vtt = transcript_vtt(&told);
        prop_assert!(vtt.matches(" --> ").count() <= 1);
        prop_assert!(matches!(vtt.lines().count(), 1 | 4));
        prop_assert!(vtt.matches('<').count() <= 1);
        let srt = transcript_srt(&told);
        prop_assert_eq!(srt.matches("-->").count(), srt.split_terminator("\n\n").count());
        prop_assert!(transcript_text(&told).lines().count() <= 1);
        prop_assert_eq!(transcript_jsonl(&told).lines().count(), 1);
        parsed(&transcript_json(&told));
    }

    #[test]
    fn any_words_and_names_are_read_in_markdown_as_they_are(title in hostile(), name in hostile(), text in hostile()) {
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        let line = |text: &str| line::one_line(text);
        let told = Told {
            people: vec![named(ADA, &name)],
            utterances: vec![said(Some(named(ADA, &name)), &text, 1_000, 2_000)],
            ..Told::default()
        };
        let mut told = told.proceedings();
        told.title = Some(&title);
        let (blocks, is_plain) = read(&transcript_markdown(&told));
        prop_assert!(is_plain, "{}", transcript_markdown(&told));
        let label = &told.attendance.attendees()[0].label;
        let expected_title = if line(&title).is_empty() { "Transcript".to_owned() } else { line(&title) };
        prop_assert_eq!(solid(&blocks[0]), solid(&expected_title));
        prop_assert_eq!(solid(&blocks[3]), solid(&format!("People: {label}")));
        if !line(&text).is_empty() {
            prop_assert_eq!(solid(&blocks[4]), solid(&format!("{label} 00:00:01")));
            prop_assert_eq!(solid(&blocks[5]), solid(&line(&text)));
        }
    }

    #[test]
    fn the_cues_of_a_caption_follow_each_other_and_fill_its_time(
        text in "[a-z ]{1,600}",
        from_ms in 0..100_000_000_i64,
        lasts_ms in 1..20_000_i64,
    ) {
        let told = Told::saying(vec![said(ada(), &text, from_ms, from_ms + lasts_ms)]);
        let srt = transcript_srt(&told.proceedings());
        let clocks: Vec<(&str, &str)> = srt.lines().filter_map(|line| line.split_once(" --> ")).collect();
        let exact = |ms| line::exact_clock(ms, ',');
        if let (Some(first), Some(last)) = (clocks.first(), clocks.last()) {
            prop_assert_eq!(first.0, exact(from_ms));
            prop_assert_eq!(last.1, exact(from_ms + lasts_ms));
        }
        prop_assert!(clocks.windows(2).all(|pair| pair[0].1 == pair[1].0));
        prop_assert!(clocks.iter().all(|(start, end)| start < end));
    }
}
