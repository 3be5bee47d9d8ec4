//! What the course of a run asks of that which is trained.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tch::{TchError, Tensor};

use super::dev::DevFigures;
use super::loss::Losses;
use crate::encoder::TrainError;
use crate::encoder::parameters::Parameters;

/// A network with its data: sentences, or paragraphs.
pub(crate) trait Task {
    /// What the state of a run calls itself.
    const STATE: &'static str;
    /// The network's shape.
    type Config: Clone + Serialize;
    /// Shape and tokens, as the state of a run keeps them.
    type Shape: Serialize + DeserializeOwned + PartialEq;
    /// The network over some tensors.
    type Network;
    /// What a step is made of.
    type Batch: Send;

    fn shape(&self) -> Self::Shape;

    /// The tensors that training begins with, on the CPU.
    fn begin(&self) -> Result<Parameters, TrainError>;

    fn network(&self, parameters: &Parameters) -> Result<Self::Network, TchError>;

    /// Makes the batch of step N, whatever was made before.
    fn batches(&self) -> impl FnMut(u64) -> Self::Batch + Send;

    /// Tokens that the decoder writes, ends included.
    fn tokens(batch: &Self::Batch) -> u64;

    /// The loss of a batch, and its parts; `sampling` is the chance that the decoder is given its own guess.
    fn loss(&self, network: &Self::Network, batch: &Self::Batch, sampling: f32) -> Result<(Tensor, Losses), TchError>;

    /// Fits what no gradient trains, before an evaluation.
    fn settle(&self, parameters: &Parameters) -> Result<(), TrainError>;

    /// Figures on what is held out.
    fn figures(&self, network: &Self::Network) -> Result<DevFigures, TrainError>;

    /// Writes the model.
    fn write(&self, parameters: Parameters, note: String) -> Result<(), TrainError>;

    /// Everything that the batches are made of.
    fn hash_data(&self, hasher: &mut blake3::Hasher);

    /// Lines of the data that are no UTF-8 and were left out.
    fn left_out(&self) -> usize;
}
