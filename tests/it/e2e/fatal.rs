//! Why the daemon does not start, and what it exits with then (fault matrix A12, I12).

use std::{
    fs,
    net::{TcpListener, UdpSocket},
};

use fixtures::Options;
use rustix::process::Signal;

use super::{
    http,
    stage::{self, Daemon, Setting},
    supervisor::Supervisor,
};

const ADDRESS_IN_USE: i32 = 69;
const STORAGE_UNREADABLE: i32 = 74;
const DATA_LOCKED: i32 = 75;
const CONFIGURATION_INVALID: i32 = 78;

/// One that has never run.
fn fresh() -> Daemon {
    Daemon::prepare(&Options::default(), stage::own_address(), &stage::authority(), Setting::default())
}

#[test]
fn a_configuration_that_is_invalid_is_told_by_the_status_and_by_file_and_line() {
    let daemon = fresh();
    let file = daemon.config_file();
    let good = fs::read_to_string(&file).unwrap();
    for (bad, said) in [
        (good.replace("listen = ", "listne = "), "hansard.toml:3: server.listne"),
        (good.replace("TEST_WEBHOOK_SECRET", "TEST_OTHER_SECRET"), "TEST_OTHER_SECRET is not set"),
        ("[server\n".to_owned(), "hansard.toml:1"),
    ] {
        fs::write(&file, bad).unwrap();
        let (status, said_of_it) = daemon.run_to_end(None);
        assert_eq!(status, CONFIGURATION_INVALID, "{said_of_it}");
        assert!(said_of_it.contains(said), "{said_of_it}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(daemon.run_to_end(None).0, CONFIGURATION_INVALID);
}

#[test]
fn a_second_process_on_the_same_data_does_not_start_and_leaves_the_first_alone() {
    let mut first = fresh();
    first.launch();
    let text = fs::read_to_string(first.config_file()).unwrap();
    let second = text.replace(&first.address.to_string(), &stage::own_address().to_string());
    fs::write(first.config_file(), second).unwrap();
    let (status, said) = first.run_to_end(None);
    assert_eq!(status, DATA_LOCKED, "{said}");
    assert!(said.contains("held by another process"), "{said}");
    assert_eq!(http::anonymous(&first.url("/health/ready")).status(), 200);
    assert_eq!(first.terminate(), 0);
}

#[test]
fn data_that_cannot_be_read_is_told_and_left_as_it_is() {
    let daemon = fresh();
    let catalog = daemon.data_dir().join("catalog.sqlite");
    fs::create_dir(daemon.data_dir()).unwrap();
    fs::write(&catalog, "this is no database, and somebody may want it back".repeat(100)).unwrap();
    let before = fs::read(&catalog).unwrap();
    let (status, said) = daemon.run_to_end(None);
    assert_eq!(status, STORAGE_UNREADABLE, "{said}");
    assert!(said.contains("data.dir"), "{said}");
    assert_eq!(fs::read(&catalog).unwrap(), before);

    let other = fresh();
    fs::write(other.data_dir(), "a file where the directory should be").unwrap();
    let (status, said) = other.run_to_end(None);
    assert_eq!(status, STORAGE_UNREADABLE, "{said}");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let daemon = fresh();
    let _taken = TcpListener::bind(daemon.address).unwrap();
    let (status, said) = daemon.run_to_end(None);
    assert_eq!(status, ADDRESS_IN_USE, "{said}");
    assert!(said.contains("server.listen"), "{said}");
}

#[test]
fn a_socket_of_another_kind_or_one_too_many_is_told() {
    let daemon = fresh();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    for (socket, advice) in [(connection.into(), "Accept=no"), (datagrams.into(), "ListenStream=")] {
        let supervisor = Supervisor::handing(socket);
        let (status, said) = daemon.run_to_end(Some(&supervisor));
        assert_eq!(status, CONFIGURATION_INVALID, "{said}");
        assert!(said.contains(advice), "{said}");
    }
    let (status, said) = daemon.run_to_end(Some(&Supervisor::handing(listener.into()).twice()));
    assert_eq!(status, CONFIGURATION_INVALID, "{said}");
    assert!(said.contains("(http:http)") && said.contains("there are 2"), "{said}");
}

#[test]
fn whoever_asks_it_to_end_gets_a_clean_exit() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = fresh();
        daemon.launch();
        daemon.signal(signal);
        assert_eq!(daemon.wait(), 0);
    }
}
