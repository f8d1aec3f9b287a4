use crate::{
    Admission, Interruption,
    fixture::{NOW, announced, claimed, delivered, ended, fresh, new_capture},
};

/// Captures of one stream that heard the latest at the same moment: whoever asks gets the same one.
#[tokio::test]
async fn of_captures_that_heard_the_latest_at_once_everybody_means_the_one_that_came_last() {
    let (_dir, catalog) = fresh().await;
    let first = claimed(&catalog, 1).await.capture.id;
    catalog.capture_ended(first, None, ended("over"), NOW).await.expect("ended");
    let second = new_capture(2).id;
    let insert = catalog.write(move |db| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO capture SELECT ?, randomblob(16), app, meeting_uuid, stream_id, server_urls, notice,
                     notice_unix_ms, signature, config, metadata, 'joining_call', epoch, created_at_unix_ms + 1, operator,
                     joins, recorded, cut_short, NULL, NULL, 0, NULL, stored, project, unwanted, withheld FROM capture",
            )
            .bind(crate::column::id_bytes(second.uuid()))
            .execute(&mut *db)
            .await?;
            let change = model::StatusChange {
                status: model::CaptureStatus::JoiningCall,
                sub_code: None,
                message: None,
                at_unix_ms: NOW,
            };
            crate::captures::add_change(db, second, &change).await
        })
    });
    insert.await.expect("a second capture");
    let stream = new_capture(1).stream;
    let found = catalog.capture_by_stream(&stream.meeting_uuid, &stream.stream_id).await.expect("read");
    assert_eq!(found.expect("a capture").id, second);
    assert_eq!(announced(&catalog, new_capture(1)).await, Admission::Known(second));
    let told = catalog.interrupt_stream("default", "stream1", None, delivered(NOW + 5)).await.expect("told");
    assert_eq!(told, Interruption::Told(second));
}
