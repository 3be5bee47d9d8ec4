//! The tensors of a network by name.

use tch::{Device, Kind, TchError, Tensor};

use super::layout::{Init, Slot};
use super::random::Random;

/// The tensors of one network, float32, in the order of [`layout`].
#[derive(Debug)]
pub(crate) struct Parameters {
    entries: Vec<(Slot, Tensor)>,
}

impl Parameters {
    /// Fresh tensors, a pure function of layout and seed.
    pub fn fresh(layout: Vec<Slot>, seed: u64, device: Device) -> Result<Parameters, TchError> {
        let options = (Kind::Float, device);
        let entries = layout.into_iter().enumerate().map(|(i, slot)| {
            let mut random = Random::new(&[seed, i as u64]);
            let shape = slot.shape.as_slice();
            let tensor = match slot.init {
                Init::Uniform(_) | Init::Normal(_) => {
                    let count = shape.iter().product::<i64>() as usize;
                    let mut draw = || match slot.init {
                        Init::Normal(deviation) => deviation as f32 * random.normal(),
                        Init::Uniform(bound) => random.uniform(-bound as f32, bound as f32),
                        Init::Constant(_) | Init::Identity => 0.0,
                    };
                    let values = (0..count).map(|_| draw()).collect::<Vec<_>>();
                    Tensor::f_from_slice(&values)?.f_reshape(shape)?.f_to_device(device)?
                }
                Init::Constant(value) => Tensor::f_full(shape, value, options)?,
                Init::Identity => Tensor::f_eye(shape[0], options)?,
            };
            let tensor = tensor.set_requires_grad(slot.trained);
            Ok((slot, tensor))
        });
        Ok(Parameters { entries: entries.collect::<Result<_, TchError>>()? })
    }

    /// Tensors made by `make` for every slot of the layout.
    pub fn from_slots<E>(layout: Vec<Slot>, mut make: impl FnMut(&Slot) -> Result<Tensor, E>) -> Result<Parameters, E> {
        let entries = layout.into_iter().map(|slot| {
            let tensor = make(&slot)?;
            Ok((slot, tensor))
        });
        Ok(Parameters { entries: entries.collect::<Result<_, E>>()? })
    }

    /// The tensor of this name. Networks ask only for names of their own layout.
    pub fn get(&self, name: &str) -> Result<Tensor, TchError> {
        let entry = self.entries.iter().find(|(slot, _)| slot.name == name);
        entry.map(|(_, tensor)| tensor.shallow_clone()).ok_or_else(|| TchError::FileFormat(format!("no tensor {name}")))
    }

    /// Weights and buffers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Slot, &Tensor)> {
        self.entries.iter().map(|(slot, tensor)| (slot, tensor))
    }

    /// The tensors that gradients train, in order.
    pub fn trained(&self) -> impl Iterator<Item = (&Slot, &Tensor)> {
        self.iter().filter(|(slot, _)| slot.trained)
    }

    /// The same tensors again; no value is copied.
    pub fn share(&self) -> Parameters {
        Parameters { entries: self.entries.iter().map(|(s, t)| (s.clone(), t.shallow_clone())).collect() }
    }

    /// The same values in tensors of their own, which no gradient trains.
    pub fn copied(&self) -> Result<Parameters, TchError> {
        let entries = self.iter().map(|(slot, tensor)| Ok((slot.clone(), tensor.f_detach()?.copy())));
        Ok(Parameters { entries: entries.collect::<Result<_, TchError>>()? })
    }

    /// Zeros of the same names and shapes.
    pub fn zeros(&self) -> Result<Parameters, TchError> {
        let entries = self.iter().map(|(slot, tensor)| Ok((slot.clone(), tensor.f_detach()?.f_zeros_like()?)));
        Ok(Parameters { entries: entries.collect::<Result<_, TchError>>()? })
    }

    /// The same values on a device.
    pub fn on(&self, device: Device) -> Result<Parameters, TchError> {
        let entries = self.iter().map(|(slot, tensor)| Ok((slot.clone(), tensor.f_to_device(device)?)));
        Ok(Parameters { entries: entries.collect::<Result<_, TchError>>()? })
    }

    /// Values written anew in their place.
    pub fn assign(&self, name: &str, values: &Tensor) -> Result<(), TchError> {
        let _guard = tch::no_grad_guard();
        self.get(name)?.f_copy_(values)
    }
}
