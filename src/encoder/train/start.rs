//! A run that begins with the weights of another model.

use std::path::Path;

use super::super::checkpoint::SHIPPED;
use super::super::config::EncoderConfig;
use super::super::parameters::Parameters;
use super::super::tensors::{Checkpoint, values};
use super::super::training::TrainConfig;
use super::error::TrainError;

/// The model that a run begins with.
#[derive(Debug)]
pub(super) struct Start {
    model: Checkpoint,
}

impl Start {
    /// Reads it; `speech`, where there is no such file, is the model that comes with the program.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let (bytes, name) = SHIPPED;
        let read = if path == Path::new(name) && !path.exists() {
            Checkpoint::parse(bytes, name)
        } else {
            Checkpoint::read(path)
        };
        Ok(Self { model: read?.0 })
    }

    /// Gives the run the model's shape. A decoder or a written-word encoder that the objective asks for and the model lacks keeps the shape
    /// that it was given; one that the objective does not train is left out, since it would no longer fit the vectors.
    pub fn shape(&self, config: &mut TrainConfig) {
        let model = &self.model.config;
        let given = std::mem::replace(&mut config.network, model.clone());
        let (decodes, spells) = (config.objective.decodes(), config.objective.multiview > 0.0);
        let network = &mut config.network;
        network.dropout = given.dropout;
        network.decoder = model.decoder.or(given.decoder).filter(|_| decodes);
        network.spelling = model.spelling.clone().or(given.spelling).filter(|_| spells);
    }

    /// The characters that its written-word encoder knows.
    pub fn alphabet(&self) -> Option<&str> {
        self.model.config.spelling.as_ref().map(|spelling| spelling.alphabet.as_str())
    }

    /// Mean and standard deviation of each band, as its encoder knows them.
    pub fn statistics(&self) -> Result<(Vec<f32>, Vec<f32>), TrainError> {
        let get = |name| -> Result<Vec<f32>, TrainError> { Ok(values(&self.model.parameters.get(name)?)?) };
        Ok((get("input.mean")?, get("input.std")?))
    }

    /// Writes its weights over those of a network of this shape; what it lacks, or has for other characters, stays as it is.
    pub fn fill(self, config: &EncoderConfig, fresh: &Parameters) -> Result<(), TrainError> {
        let alphabet = config.spelling.as_ref().map(|spelling| spelling.alphabet.as_str());
        let other_characters = alphabet != self.alphabet();
        for (slot, tensor) in self.model.parameters.iter() {
            let same = fresh.iter().any(|(own, _)| own.name == slot.name && own.shape == slot.shape);
            if same && !(other_characters && slot.name.starts_with("spelling.")) {
                fresh.assign(&slot.name, tensor)?;
            }
        }
        Ok(())
    }
}
