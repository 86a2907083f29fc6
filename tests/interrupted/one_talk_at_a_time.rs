use crate::terminal::Home;
use std::process::Stdio;

#[test]
fn a_second_talk_says_that_one_is_running_and_leaves_it_alone() {
    let home = Home::new();
    let mut first = home.talk(&[]);
    first.wait_for_step("agree");
    let second = home
        .program(&["--keyboard"])
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    assert_eq!(second.status.code(), Some(2));
    let message = String::from_utf8_lossy(&second.stderr);
    let running = format!(
        "another talk is running (process {}): say \"stop\" there",
        first.id()
    );
    assert!(message.contains(&running), "{message}");
    first.press("ee");
    first.wait_until("the place", |_| home.place().exists());
    first.kill();
    // Nothing has to be cleaned up.
    let mut third = home.talk(&[]);
    assert!(third.offered().is_some());
}
