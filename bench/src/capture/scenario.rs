//! What is played, and with which programs.

use std::path::{Path, PathBuf};

use crate::{
    cli::CaptureArgs,
    failure::Failure,
    source::Material,
    system::{self, Cores},
};

/// One capture scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    /// How many meetings run at once.
    pub(super) meetings: u32,
    /// What each is made from.
    pub(super) material: Material,
    /// How many hear live events of the engine meanwhile.
    pub(super) subscribers: u32,
    /// How long each lasts.
    pub(super) seconds: u32,
    /// How often it is played.
    pub(super) rounds: u32,
    /// The engine.
    pub(super) hansard: PathBuf,
    /// The interpreter that has Zoom's SDK, if it is measured as well.
    pub(super) sdk: Option<PathBuf>,
    /// This program, for the source and the floor.
    pub(super) bench: PathBuf,
    /// Below which temporary directories are made.
    pub(super) scratch: PathBuf,
    /// Who runs where.
    pub(super) cores: Cores,
}

impl Scenario {
    /// A scenario for each number of meetings and each kind of them.
    ///
    /// # Errors
    /// If there is no engine to measure.
    pub(crate) fn from_args(args: &CaptureArgs, scratch: &Path, cores: Cores) -> Result<Vec<Self>, Failure> {
        // Not by its real name, which leads out of its environment; whole, because the program that it runs goes elsewhere.
        let python = std::path::absolute(&args.sdk_python)?;
        let sdk = python.is_file().then_some(&python);
        if sdk.is_none() {
            let python = python.display();
            eprintln!("note: {python} is not there, so Zoom's SDK is left out; `scripts/setup --test` installs it");
        }
        let (bench, hansard) = (system::bench()?, system::hansard(args.hansard.as_deref())?);
        let of = |meetings: u32, subscribers: u32, material: Material| Self {
            meetings,
            material,
            subscribers,
            seconds: args.seconds,
            rounds: args.capture_rounds,
            hansard: hansard.clone(),
            sdk: sdk.filter(|_| meetings <= args.sdk_meetings).cloned(),
            bench: bench.clone(),
            scratch: scratch.to_owned(),
            cores,
        };
        let mut scenarios = Vec::new();
        for material in materials(args) {
            for &subscribers in &args.subscribers {
                scenarios.extend(args.meetings.iter().map(|meetings| of(*meetings, subscribers, material)));
            }
        }
        Ok(scenarios)
    }

    /// What is played, in words.
    pub(super) fn title(&self) -> String {
        match self.subscribers {
            0 => self.material.to_string(),
            subscribers => format!("{}, {subscribers} subscribers", self.material),
        }
    }
}

/// Everything that can be made of what was asked for, as far as Zoom would send it.
fn materials(args: &CaptureArgs) -> Vec<Material> {
    let mut materials = Vec::new();
    for &pictures in &args.pictures {
        for &sound in &args.sound {
            for &packet_ms in &args.packet_ms {
                let of = |&speakers: &u32| Material { speakers, sound, packet_ms, pictures };
                materials.extend(args.speakers.iter().map(of).filter(Material::is_sent));
            }
        }
    }
    materials
}
