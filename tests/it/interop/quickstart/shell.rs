//! The `curl` lines of a text in Markdown, as far as the README uses the shell: what is not understood is a fault and never passed
//! over. What they call is found in `operations`.

/// One request, with variables as they stand in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) method: String,
    pub(super) url: String,
    /// Whether it is sent with the key.
    pub(super) has_key: bool,
    /// JSON.
    pub(super) body: Option<String>,
    /// Where the answer is put.
    pub(super) file: Option<String>,
    pub(super) wanted: Wanted,
}

/// What a line takes out of its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Where that stands, as a JSON pointer.
    pub(super) place: Option<String>,
    /// The variable that it becomes.
    pub(super) name: Option<String>,
    /// What it is, as the text says.
    pub(super) printed: Option<String>,
}

/// Every line in the shell blocks of a text that calls `curl`, in order.
pub(super) fn read(text: &str) -> Result<Vec<Line>, String> {
    let mut lines = text.lines();
    let (mut read, mut is_shell) = (Vec::new(), false);
    while let Some(line) = lines.next() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            is_shell = language == "sh";
        }
        if !is_shell || !line.contains("curl") || line.trim_start().starts_with('#') {
            continue;
        }
        let document = match line.contains("<<END") {
            true => Some(lines.by_ref().take_while(|line| *line != "END").collect::<Vec<_>>().join("\n")),
            false => None,
        };
        read.push(parse(line, document).map_err(|fault| format!("{line}: {fault}"))?);
    }
    Ok(read)
}

fn parse(line: &str, document: Option<String>) -> Result<Line, String> {
    let (command, printed) = match line.rsplit_once(" # ") {
        Some((command, printed)) => (command.trim(), Some(printed.trim().to_owned())),
        None => (line.trim(), None),
    };
    let assigned = command.split_once("=$(").and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)));
    let (name, command) = match assigned {
        Some((name, command)) => (Some(name.to_owned()), command),
        None => (None, command),
    };
    let (command, place) = match command.split_once(" | jq -r ") {
        Some((command, path)) => (command, Some(pointer(path.trim_matches('\''))?)),
        None => (command, None),
    };
    let mut line = Line {
        method: "GET".to_owned(),
        url: String::new(),
        has_key: false,
        body: None,
        file: None,
        wanted: Wanted { place, name, printed },
    };
    let words = words(command)?;
    let mut words = words.iter().map(String::as_str);
    if words.next() != Some("curl") {
        return Err("it does not begin with curl".to_owned());
    }
    while let Some(word) = words.next() {
        let mut argument = || words.next().ok_or_else(|| format!("{word} has no argument"));
        match word {
            "-s" | "-sN" | "<<END" => {}
            "-H" if argument()? == "$KEY" => line.has_key = true,
            "-o" => line.file = Some(argument()?.to_owned()),
            "-X" => line.method = argument()?.to_owned(),
            "--json" => {
                let body = argument()?;
                line.body = if body == "@-" { document.clone() } else { Some(body.to_owned()) };
                line.method = "POST".to_owned();
            }
            url if url.starts_with('$') && line.url.is_empty() => line.url = url.to_owned(),
            other => return Err(format!("{other} is not understood")),
        }
    }
    Ok(line)
}

/// The words of a command; what stands in quotes is one.
fn words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in command.chars() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') if !word.is_empty() => words.push(std::mem::take(&mut word)),
            (None, ' ') => {}
            _ => word.push(letter),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    if quote.is_some() { Err("a quote is not closed".to_owned()) } else { Ok(words) }
}

/// The JSON pointer of a path of `jq`.
fn pointer(path: &str) -> Result<String, String> {
    let is_plain = path.starts_with('.')
        && path.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '[' | ']'));
    if !is_plain {
        return Err(format!("{path} is no plain path"));
    }
    Ok(path.replace('[', "/").replace(']', "").replace('.', "/"))
}

#[test]
fn a_line_is_a_request_and_what_becomes_of_its_answer() {
    let text = "by `curl`\n```sh\n# by curl\ncurl -s \"$BASE/x/\" -H \"$KEY\" --json @- <<END | jq -r .a.b   # done\n{\"a\":\n 1}\nEND\n\
                ID=$(curl -s \"$BASE/x/$ID/?a=b\" | jq -r '.results[0].id')\ncurl -s -o x.mp4 \"$VIDEO\"\n```\n";
    let [post, get, load] = read(text).unwrap().try_into().unwrap();
    assert_eq!((&*post.method, &*post.url, post.has_key), ("POST", "$BASE/x/", true));
    assert_eq!(post.body.as_deref(), Some("{\"a\":\n 1}"));
    assert_eq!(post.wanted, Wanted { place: Some("/a/b".to_owned()), name: None, printed: Some("done".to_owned()) });
    assert_eq!((&*get.method, &*get.url, get.has_key), ("GET", "$BASE/x/$ID/?a=b", false));
    assert_eq!(
        get.wanted,
        Wanted { place: Some("/results/0/id".to_owned()), name: Some("ID".to_owned()), printed: None }
    );
    assert_eq!((&*load.url, load.file.as_deref()), ("$VIDEO", Some("x.mp4")));
}

#[test]
fn what_is_not_understood_is_not_passed_over() {
    for line in [
        "curl -s --retry 3 \"$BASE/x/\"",
        "curl -s \"$BASE/x/\" -H 'X: y'",
        "curl -s \"$BASE/x/\" | jq -r '.a[]|.b'",
        "curl -s \"$BASE/x/\" | grep x",
        "curl -s \"$BASE/x/",
        "time curl -s \"$BASE/x/\"",
        "curl -s https://hansard.example.org/x/",
    ] {
        assert!(read(&format!("```sh\n{line}\n```")).is_err(), "{line}");
        assert_eq!(read(line), Ok(Vec::new()), "what is no shell is prose");
    }
}
